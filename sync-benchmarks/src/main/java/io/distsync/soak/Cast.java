package io.distsync.soak;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** Those who take part: always as many, but not always the same. */
final class Cast implements AutoCloseable {

    /*
     * Threads. One changes it at a time; anybody looks at who is there.
     */

    private final World world;
    private final Random random;
    private final List<Member> members = new CopyOnWriteArrayList<>();
    private int joined;
    private boolean working;

    Cast(World world, Random random) {
        this.world = world;
        this.random = random;
        for (int i = 0; i < world.plan().members(); i++) {
            members.add(join());
        }
    }

    private Member join() {
        joined++;
        return new Member(world, "m" + joined, random.nextLong());
    }

    List<Member> members() {
        return members;
    }

    void startWork() {
        working = true;
        members.forEach(Member::startWork);
    }

    void stopWork() throws InterruptedException {
        working = false;
        for (Member member : members) {
            member.stopWork();
        }
    }

    /** One leaves, in order or as if it had crashed, and another one comes. */
    void turnOver() throws InterruptedException {
        Member old = members.get(random.nextInt(members.size()));
        Member fresh = join();
        if (working) {
            fresh.startWork();
        }
        members.add(fresh);
        members.remove(old);
        if (random.nextInt(3) == 0) {
            old.crash();
            world.operations().add("service that left without a word");
        } else {
            old.stopWork();
            old.close();
            world.operations().add("service that left in order");
        }
    }

    @Override
    public void close() {
        members.forEach(Member::close);
        members.clear();
    }
}
