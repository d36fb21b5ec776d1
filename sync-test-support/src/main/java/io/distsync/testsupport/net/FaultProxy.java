package io.distsync.testsupport.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on loopback that behaves until it is told not to: it cuts connections, loses what is on its way in one
 * direction, holds everything back, or is slow.
 */
public final class FaultProxy implements AutoCloseable {

    /*
     * Threads. One accepts; two for each connection carry bytes, one in each direction. The lock guards the faults; it is
     * never held while a socket is read or written. Tests call from threads of their own.
     */

    private static final int BUFFER = 64 * 1024;
    private static final long JOIN_MILLIS = 5_000;

    /** Which way bytes travel. */
    private enum Direction {
        REQUEST,
        REPLY
    }

    private volatile InetSocketAddress target;
    private final ServerSocket server;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger faults = new AtomicInteger();
    private final Thread acceptor;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean holding;
    private byte @Nullable [] heldQuestion;
    private boolean refusing;
    private int requestsToLose;
    private int repliesToLose;
    private byte[] lostQuestion = {};
    private long delayNanos;

    private volatile boolean closed;

    private FaultProxy(InetSocketAddress target, ServerSocket server) {
        this.target = target;
        this.server = server;
        this.acceptor = new Thread(this::accept, "fault-proxy-" + server.getLocalPort());
    }

    /** Begins to forward what comes in on a port of its own to a port on loopback. */
    public static FaultProxy to(int port) {
        try {
            ServerSocket server = new ServerSocket();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), Ports.free()));
            FaultProxy proxy = new FaultProxy(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), server);
            proxy.acceptor.start();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("no proxy to port " + port, e);
        }
    }

    /** Where clients connect to. */
    public int port() {
        return server.getLocalPort();
    }

    /** Connections open at this moment. */
    public int connections() {
        return links.size();
    }

    /** Connections accepted so far. */
    public int accepted() {
        return accepted.get();
    }

    /** Faults that have happened so far: a test whose faults did not happen shows nothing. */
    public int faults() {
        return faults.get();
    }

    // --- faults -----------------------------------------------------------------------------------------------------

    /** Resets every open connection; new ones are welcome. */
    public void cut() {
        for (Link link : links) {
            faults.incrementAndGet();
            link.reset();
        }
    }

    /** From now on new connections end as soon as they are made, or no longer. */
    public void refuse(boolean refuse) {
        change(() -> refusing = refuse);
    }

    /** The next n pieces from a client never arrive, and their connections end. */
    public void loseRequests(int n) {
        change(() -> requestsToLose = n);
    }

    /** The next n pieces from the server never arrive, though it did what it was asked; their connections end. */
    public void loseReplies(int n) {
        loseRepliesTo("", n);
    }

    /**
     * The same, but only for replies to a piece from the client in which this text appears and that is sent from now on;
     * what the client sends behind it does not save them.
     */
    public void loseRepliesTo(String question, int n) {
        byte[] bytes = question.getBytes(StandardCharsets.UTF_8);
        change(() -> {
            lostQuestion = bytes;
            repliesToLose = n;
        });
    }

    /** Half-open: connections stay, but nothing arrives any more in either direction. New connections are held too. */
    public void hold() {
        faults.incrementAndGet();
        change(() -> holding = true);
    }

    /** Replies do not arrive any more whose connection was last asked something in which this text appears. */
    public void holdRepliesTo(String question) {
        faults.incrementAndGet();
        byte[] bytes = question.getBytes(StandardCharsets.UTF_8);
        change(() -> heldQuestion = bytes);
    }

    /** What was held back arrives, late. */
    public void release() {
        change(() -> {
            holding = false;
            heldQuestion = null;
        });
    }

    /** Each piece of a reply arrives that much later than it would have. */
    public void delay(Duration delay) {
        change(() -> delayNanos = delay.toNanos());
    }

    /** From now on new connections lead to another port on loopback; those that are open stay where they are. */
    public void retarget(int port) {
        target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits as long as it must; false if the piece is lost. */
    private boolean passes(Direction direction, Link link) throws InterruptedException {
        lock.lock();
        try {
            long left = direction == Direction.REPLY ? delayNanos : 0;
            while ((isHeld(direction, link) || left > 0) && !closed) {
                if (isHeld(direction, link)) {
                    changed.await();
                } else {
                    left = changed.awaitNanos(left);
                }
            }
            if (direction == Direction.REQUEST && requestsToLose > 0) {
                requestsToLose--;
                faults.incrementAndGet();
                return false;
            }
            if (direction == Direction.REQUEST && repliesToLose > 0 && link.asked(lostQuestion)) {
                link.doomed = true;
            }
            if (direction == Direction.REPLY && repliesToLose > 0 && (link.doomed || lostQuestion.length == 0)) {
                repliesToLose--;
                faults.incrementAndGet();
                return false;
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private boolean isHeld(Direction direction, Link link) {
        byte[] question = heldQuestion;
        return holding || (direction == Direction.REPLY && question != null && link.asked(question));
    }

    private boolean isRefusing() {
        lock.lock();
        try {
            return refusing;
        } finally {
            lock.unlock();
        }
    }

    // --- connections ------------------------------------------------------------------------------------------------

    private void accept() {
        while (!closed) {
            try {
                Socket client = server.accept();
                accepted.incrementAndGet();
                if (isRefusing()) {
                    faults.incrementAndGet();
                    end(client, true);
                } else {
                    connect(client);
                }
            } catch (IOException e) {
                // closed, which ends the loop, or a client that has left already
            }
        }
    }

    private void connect(Socket client) {
        Socket upstream = new Socket();
        Link link = new Link(client, upstream);
        try {
            upstream.connect(target);
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            links.add(link);
            link.start();
        } catch (IOException e) {
            link.close(); // the server is away: so is the proxy
        }
        if (closed) {
            link.close();
        }
    }

    private static void end(Socket socket, boolean abruptly) {
        try (socket) {
            if (abruptly) {
                socket.setSoLinger(true, 0);
            }
        } catch (IOException e) {
            // it is gone
        }
    }

    @Override
    public void close() {
        closed = true;
        release();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        links.forEach(Link::close);
        try {
            acceptor.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One connection of a client, and ours to the server for it. */
    private final class Link {

        private final Socket client;
        private final Socket upstream;
        private volatile byte[] question = {};
        private boolean doomed; // guarded by the lock

        Link(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void start() {
            String name = "fault-proxy-" + port() + "-" + accepted.get();
            new Thread(() -> carry(client, upstream, Direction.REQUEST), name + "-request").start();
            new Thread(() -> carry(upstream, client, Direction.REPLY), name + "-reply").start();
        }

        private void carry(Socket from, Socket to, Direction direction) {
            byte[] buffer = new byte[BUFFER];
            try (InputStream in = from.getInputStream();
                    OutputStream out = to.getOutputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (direction == Direction.REQUEST) {
                        question = Arrays.copyOf(buffer, n);
                    }
                    if (!passes(direction, this)) {
                        reset();
                        return;
                    }
                    out.write(buffer, 0, n);
                    out.flush();
                }
            } catch (IOException e) {
                // cut on one side: the other one follows
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                close();
            }
        }

        /** Whether these bytes are in the last piece from the client. */
        boolean asked(byte[] wanted) {
            byte[] last = question;
            for (int i = 0; i + wanted.length <= last.length; i++) {
                if (Arrays.equals(last, i, i + wanted.length, wanted, 0, wanted.length)) {
                    return true;
                }
            }
            return false;
        }

        void close() {
            end(false);
        }

        void reset() {
            end(true);
        }

        private void end(boolean abruptly) {
            links.remove(this);
            FaultProxy.end(client, abruptly);
            FaultProxy.end(upstream, abruptly);
        }
    }
}
