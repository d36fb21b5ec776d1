package io.distsync.sample;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a query of Prometheus names. It is no parser: it finds the names in queries of the form that our dashboard has.
 *
 * @param selectors the metrics, with the conditions on their labels
 * @param grouping labels that the result has, or that something is matched by
 */
record Promql(List<Selector> selectors, Set<String> grouping) {

    private static final Pattern GROUPING =
            Pattern.compile("\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*),\\s*(\\w+)\\)");
    private static final Pattern RANGE = Pattern.compile("\\[[^\\]]*]");
    private static final Pattern NAME = Pattern.compile("\\b([a-zA-Z_]\\w*)\\s*(\\(|\\{([^}]*)})?");
    private static final Pattern CONDITION = Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Set<String> OPERATORS = Set.of("and", "or", "unless", "bool");

    /**
     * A metric.
     *
     * @param values by label, {@code null} where any may match, or it is a variable
     */
    record Selector(String metric, Map<String, String> values) {}

    static Promql of(String query) {
        Set<String> grouping = new HashSet<>();
        Matcher values = LABEL_VALUES.matcher(query);
        String rest = query;
        if (values.matches()) {
            grouping.add(values.group(2));
            rest = values.group(1);
        }
        GROUPING.matcher(rest)
                .results()
                .forEach(found -> grouping.addAll(List.of(found.group(1).split("\\s*,\\s*", -1))));
        rest = RANGE.matcher(GROUPING.matcher(rest).replaceAll("")).replaceAll("");
        List<Selector> selectors = new ArrayList<>();
        Matcher name = NAME.matcher(rest);
        while (name.find()) {
            if ("(".equals(name.group(2)) || OPERATORS.contains(name.group(1))) {
                continue;
            }
            Map<String, String> conditions = new TreeMap<>();
            if (name.group(3) != null) {
                CONDITION
                        .matcher(name.group(3))
                        .results()
                        .forEach(condition -> conditions.put(
                                condition.group(1), condition.group(2).endsWith("~") ? null : condition.group(3)));
            }
            selectors.add(new Selector(name.group(1), conditions));
        }
        return new Promql(selectors, grouping);
    }
}
