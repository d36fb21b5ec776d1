package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LedgerTest {

    @Test
    void whoMapsTheSameFileCountsInTheSamePlace() {
        try (Ledger ledger = Ledger.create(2)) {
            Ledger other = Ledger.open(ledger.file(), 2);

            ledger.increment(0);
            other.increment(0);
            other.increment(1);

            assertThat(ledger.sum()).isEqualTo(3);
            assertThat(other.sum()).isEqualTo(3);
        }
    }
}
