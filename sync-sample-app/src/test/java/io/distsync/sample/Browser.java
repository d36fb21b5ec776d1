package io.distsync.sample;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.ExpectedCondition;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/** The browser of this machine, without a window and with a profile of its own. Downloads nothing. */
final class Browser implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Browser.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");
    private static final List<String> DRIVERS = List.of("chromedriver");

    private final Path profile;
    private final ChromeDriver driver;

    private Browser(Path profile, ChromeDriver driver) {
        this.profile = profile;
        this.driver = driver;
    }

    /** Starts the browser; where there is none, the test is skipped and says so. */
    static Browser open() throws IOException {
        File browser = find(BROWSERS);
        File driver = find(DRIVERS);
        Path profile = Files.createTempDirectory("distsync-browser-");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(browser);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,800",
                "--user-data-dir=" + profile);
        LoggingPreferences logging = new LoggingPreferences();
        logging.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logging);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(driver)
                .usingAnyFreePort()
                .build();
        return new Browser(profile, new ChromeDriver(service, options));
    }

    /** Opens the page in a tab of its own and waits until it is connected; the tab's name is for {@link #show}. */
    String openTab(String url) {
        driver.switchTo().newWindow(WindowType.TAB);
        driver.get(url);
        awaitText("stream", "live");
        return driver.getWindowHandle();
    }

    void show(String tab) {
        driver.switchTo().window(tab);
    }

    void closeTab(String tab) {
        show(tab);
        driver.close();
        driver.switchTo().window(driver.getWindowHandles().iterator().next());
    }

    void click(String id) {
        WebElement element = element(id);
        await(ExpectedConditions.elementToBeClickable(element));
        element.click();
    }

    void type(String id, String text) {
        element(id).clear();
        element(id).sendKeys(text);
    }

    String text(String id) {
        return element(id).getText();
    }

    void awaitText(String id, String text) {
        await(ExpectedConditions.textToBe(By.id(id), text));
    }

    <T> T await(ExpectedCondition<T> condition) {
        return new WebDriverWait(driver, PATIENCE, Duration.ofMillis(50)).until(condition);
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    Object script(String script) {
        Object result = driver.executeScript(script);
        return result == null ? "" : result;
    }

    /** Makes the tab look like a phone of that size. */
    void emulatePhone(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 2, "mobile", true));
    }

    void prefer(String feature, String value) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", feature, "value", value))));
    }

    /** What the page wrote to the console since the last call, warnings and worse. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    @Override
    public void close() {
        driver.quit();
        try {
            FileSystemUtils.deleteRecursively(profile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private WebElement element(String id) {
        return driver.findElement(By.id(id));
    }

    private static File find(List<String> names) {
        List<String> folders = Stream.concat(
                        Stream.of("/usr/bin"),
                        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)))
                .toList();
        Optional<File> found = folders.stream()
                .flatMap(folder -> names.stream().map(name -> new File(folder, name)))
                .filter(File::canExecute)
                .findFirst();
        if (found.isPresent()) {
            return found.get();
        }
        String reason = "The live page was NOT tested: no " + String.join(", ", names)
                + " is installed (Debian: apt-get install chromium chromium-driver).";
        log.warn(reason); // the build prints only that something was skipped
        return abort(reason);
    }
}
