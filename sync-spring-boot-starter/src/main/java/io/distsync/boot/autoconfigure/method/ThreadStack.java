package io.distsync.boot.autoconfigure.method;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What each thread has entered and not left, innermost first. */
public final class ThreadStack<T> {

    @SuppressWarnings("ThreadLocalUsage") // one for each context, which has its own locks and elections
    private final ThreadLocal<@Nullable Deque<T>> entered = new ThreadLocal<>();

    public List<T> mine() {
        Deque<T> mine = entered.get();
        return mine == null ? List.of() : List.copyOf(mine);
    }

    public void push(T value) {
        Deque<T> mine = entered.get();
        if (mine == null) {
            mine = new ArrayDeque<>();
            entered.set(mine);
        }
        mine.push(value);
    }

    public void pop() {
        Deque<T> mine = entered.get();
        if (mine != null) {
            mine.pop();
            if (mine.isEmpty()) {
                entered.remove();
            }
        }
    }
}
