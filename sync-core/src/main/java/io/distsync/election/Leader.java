package io.distsync.election;

import io.distsync.Versioned;
import io.distsync.lease.FencingToken;
import java.time.Instant;

/**
 * Who leads.
 *
 * @param owner for people: the process it is in
 * @param priority of the candidate
 * @param token of its term
 * @param since when it stood for election, by the clock of its machine
 */
public record Leader(String owner, int priority, FencingToken token, Instant since) {

    static Leader of(Versioned<Member> stored) {
        Member member = stored.value();
        return new Leader(
                member.owner(),
                member.priority(),
                FencingToken.of(stored.version()),
                Instant.ofEpochMilli(member.sinceMillis()));
    }
}
