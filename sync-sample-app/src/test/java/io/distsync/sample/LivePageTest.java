package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.WebElement;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Drives the page as people use it, in the browser that is installed on this machine. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "sample.node=tester")
class LivePageTest {

    private static Browser browser;

    @LocalServerPort
    private int port;

    @Autowired
    private EventStreams streams;

    private Api api;
    private String tab;

    @BeforeAll
    static void openBrowser() throws Exception {
        browser = Browser.open();
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void openPage() {
        api = new Api(port);
        api.put(10, "");
        tab = openTab();
        browser.awaitText("counter", "10");
        browser.complaints();
    }

    @AfterEach
    void closePage() {
        List<String> complaints = browser.complaints();
        browser.closeTab(tab);
        assertThat(complaints).isEmpty();
    }

    @Test
    void pageShowsTheStateItsVersionTheNodeAndTheFeed() {
        Api.Answer state = api.put(1_234, "hello");

        browser.awaitText("counter", "1,234");
        browser.awaitText("revision", "%,d".formatted(state.version()));
        browser.awaitText("epoch", state.json().at("/epoch").asString());
        browser.awaitText("note", "hello");
        browser.awaitText("presence", "stored");
        browser.awaitText("node", "tester");
        browser.awaitText("feed", "current");
    }

    @Test
    void clickInOneTabShowsInTheOther() {
        String other = openTab();
        browser.awaitText("counter", "10");

        browser.show(tab);
        browser.click("increment");
        browser.awaitText("counter", "11");
        browser.show(other);

        browser.awaitText("counter", "11");
        browser.await(driver -> newest("what").equals("+1"));
        browser.await(driver -> newest("from").equals("other tab"));
        browser.await(driver -> newest("latency").matches("[\\d.]+ ms"));
        browser.closeTab(other);
        browser.show(tab);
        browser.await(driver -> newest("from").equals("this tab"));
        browser.await(driver -> newest("latency").matches("[\\d.]+ ms"));
    }

    @Test
    void burstRaisesTheCounterBy500InBothTabs() {
        String other = openTab();

        browser.show(tab);
        browser.click("burst");

        browser.awaitText("counter", "510");
        browser.await(driver -> browser.text("message").startsWith("500 increments by 50 threads in "));
        browser.awaitText("timing-count", "last 120 changes");
        browser.show(other);
        browser.awaitText("counter", "510");
        browser.awaitText("seen", "500");
        browser.closeTab(other);
        browser.show(tab);
        assertThat(browser.all("#rows tr")).hasSize(60);
        assertThat(api.get("/api/state").counter()).isEqualTo(510);
    }

    @Test
    void noteIsShownAsTextWhateverItContains() {
        String note = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
        browser.type("send-counter", "7");
        browser.type("send-note", note);

        browser.click("send");

        browser.awaitText("note", note);
        browser.awaitText("counter", "7");
        browser.await(driver -> newest("text").equals(note));
        assertThat(browser.all("main img, main script")).isEmpty();
        browser.await(driver -> browser.script("return document.title").equals("7 · distsync"));
    }

    @Test
    void deleteShowsTheStateAsAbsent() {
        browser.click("delete");

        browser.awaitText("presence", "absent");
        browser.awaitText("counter", "0");
        browser.await(driver -> newest("what").equals("deleted"));

        browser.click("delete");
        browser.awaitText("message", "There was nothing to delete.");

        browser.click("increment");
        browser.awaitText("counter", "1");
        browser.awaitText("presence", "stored");
    }

    @Test
    void numbersBeyondThePrecisionOfTheBrowserAreShownExactly() {
        browser.type("send-counter", "9223372036854775806");
        browser.click("send");
        browser.awaitText("counter", "9,223,372,036,854,775,806");

        browser.click("increment");
        browser.awaitText("counter", "9,223,372,036,854,775,807");

        browser.click("increment");
        browser.await(driver -> browser.text("message").contains("cannot grow by 1"));
        assertThat(browser.text("counter")).isEqualTo("9,223,372,036,854,775,807");
        assertThat(browser.complaints()).singleElement().asString().contains("status of 409");
    }

    @Test
    void badInputIsMarkedWhereItWasTyped() {
        browser.type("send-counter", "a lot");
        browser.click("send");
        browser.awaitText("send-counter-error", "A whole number, please.");

        browser.type("send-counter", "9999999999999999999");
        browser.click("send");
        browser.awaitText("send-counter-error", "'counter' is of the wrong type or out of range.");
        assertThat(browser.complaints()).singleElement().asString().contains("status of 400");

        browser.type("send-counter", "5");
        browser.click("send");
        browser.awaitText("counter", "5");
        browser.awaitText("send-counter-error", "");
    }

    @Test
    void lostConnectionIsShownAndMended() {
        streams.stop();
        browser.await(driver -> !browser.text("stream").equals("live"));
        browser.awaitText("feed", "unknown");
        api.put(20, "while away");

        streams.start();

        browser.awaitText("stream", "live");
        browser.awaitText("feed", "current");
        browser.awaitText("counter", "20");
        browser.await(driver -> newest("text").equals("while away"));
        assertThat(browser.complaints())
                .allSatisfy(complaint -> assertThat(complaint)
                        .containsAnyOf(
                                "api/events - Failed to load resource: the server responded with a status of 503"));
    }

    @Test
    void pageOpenedLaterShowsWhatHappenedBefore() {
        api.put(30, "before");
        String later = openTab();

        browser.await(driver -> newest("text").equals("before"));
        assertThat(newest("from")).isEqualTo("earlier");
        assertThat(newest("latency")).isEqualTo("–");
        browser.closeTab(later);
        browser.show(tab);
    }

    @Test
    void nodesAndTheirLeaderAreListed() {
        browser.awaitText("leader", "tester leads.");
        browser.awaitText("nodes-status", "current");
        assertThat(browser.all("#nodes tr")).hasSize(1);
        assertThat(browser.text("nodes")).startsWith("tester (this page)").contains(" up ");

        browser.click("resign");

        browser.await(driver -> browser.text("message").startsWith("Resigned: "));
        browser.awaitText("leader", "tester leads.");
    }

    @Test
    void lockIsHeldAndNotTwiceByOneNode() {
        browser.click("hold");
        browser.await(driver -> browser.text("lock-holder").startsWith("tester holds it, with token "));
        browser.await(driver -> browser.text("lock-remaining").matches("for \\d+ s more"));

        browser.click("hold");
        browser.awaitText("message", "This node holds the lock already, or waits for it.");
        assertThat(browser.complaints()).singleElement().asString().contains("status of 409");

        browser.awaitText("lock-holder", "It is free.");
    }

    @Test
    void writeWithAnOldTokenIsRefused() {
        browser.click("fence");

        browser.await(driver -> browser.text("fence-result").contains("accepted as revision"));
        assertThat(browser.text("fence-result"))
                .contains(
                        "with the old token: refused (409). topic 'guarded' was not written: fence 'guarded' has seen");
        assertThat(browser.complaints()).singleElement().asString().contains("status of 409");
    }

    @ParameterizedTest
    @ValueSource(ints = {320, 390, 768})
    void nothingOverflowsANarrowScreen(int width) {
        browser.emulatePhone(width, 844);
        api.put(Long.MIN_VALUE, "w".repeat(1_000));
        browser.awaitText("counter", "-9,223,372,036,854,775,808");

        assertThat(browser.script("return document.documentElement.scrollWidth - window.innerWidth"))
                .isEqualTo(0L);
    }

    @Test
    void everyControlHasANameAndTheKeyboardReachesIt() {
        assertThat(browser.all("button, input, textarea, a, [tabindex]"))
                .isNotEmpty()
                .allSatisfy(control -> {
                    assertThat(control.getAccessibleName()).isNotBlank();
                });
        browser.script("document.getElementById('increment').focus()");
        WebElement focused = (WebElement) browser.script("return document.activeElement");
        focused.sendKeys(" ");
        browser.awaitText("counter", "11");
    }

    private String openTab() {
        return browser.openTab("http://localhost:" + port + "/");
    }

    /** Text of a column in the newest row of the list of changes. */
    private static String newest(String column) {
        return String.valueOf(browser.script(
                "return document.querySelector('#rows tr:first-child ." + column + "')?.textContent ?? ''"));
    }
}
