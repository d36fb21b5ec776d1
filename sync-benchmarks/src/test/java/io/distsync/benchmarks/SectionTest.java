package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class SectionTest {

    private static final String BEFORE = "# Title\r\n\n  text \n<!-- part:begin -->";
    private static final String AFTER = "<!-- part:end -->  \n\n## After\n";

    private final Section section = new Section("part");

    @Test
    void whatStandsBetweenTheMarksIsReplacedAndNothingElse() {
        String replaced = section.replacedIn(BEFORE + "\nold\n\nolder\n" + AFTER, "\nnew $1 \\n\n\nnewer\n\n");

        assertThat(replaced).isEqualTo(BEFORE + "\nnew $1 \\n\n\nnewer\n" + AFTER);
    }

    @Test
    void replacingItAgainChangesNothing() {
        String once = section.replacedIn(BEFORE + AFTER, "new");

        assertThat(section.replacedIn(once, "new")).isEqualTo(once);
    }

    @Test
    void whatIsWrittenAloneCanBeReplaced() {
        assertThat(section.replacedIn(section.alone("old"), "new")).isEqualTo(section.alone("new"));
    }

    @Test
    void documentWithoutTheMarksOnceAndInOrderIsRefused() {
        for (String document :
                new String[] {"", BEFORE, AFTER, AFTER + BEFORE, BEFORE + BEFORE + AFTER, BEFORE + AFTER + AFTER}) {
            assertThatIllegalArgumentException()
                    .as(document)
                    .isThrownBy(() -> section.replacedIn(document, "new"))
                    .withMessageContaining("<!-- part:");
        }
    }
}
