package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.backend.support.VersionText;
import io.distsync.version.Version;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What the scripts publish on a topic's channel: the record of a commit (see {@link LogEntries}), behind its id and a line feed
 * where that does not follow from the version before it; or the new head alone if that would be too much.
 *
 * @param head the topic's last change
 * @param changes those of the commit, or none if they have to be read from the log
 */
record Message(Version head, List<Change> changes) {

    /** @throws MalformedDataException if this is no message of a script */
    static Message parse(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        String line = LogEntries.line(in);
        if (!in.hasRemaining()) {
            return new Message(VersionText.parse(line), List.of());
        }
        List<Change> changes =
                line.indexOf(' ') < 0 ? LogEntries.commit(line, in) : LogEntries.commit(ByteBuffer.wrap(bytes));
        return new Message(changes.get(changes.size() - 1).version(), changes);
    }
}
