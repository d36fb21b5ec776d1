package io.distsync.boot.autoconfigure.lock;

import io.distsync.version.Limits;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.ParserContext;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.common.LiteralExpression;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/** The name of a lock as a text with expressions over the arguments of a method. */
final class LockName {

    static final ParameterNameDiscoverer PARAMETER_NAMES = new DefaultParameterNameDiscoverer();

    private final String template;
    private final List<Expression> parts;

    private LockName(String template, List<Expression> parts) {
        this.template = template;
        this.parts = parts;
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException saying what is wrong with it, such as a variable the method does not have
     */
    static LockName parse(String template, Method method) {
        Expression expression;
        try {
            expression = new SpelExpressionParser().parseExpression(template, ParserContext.TEMPLATE_EXPRESSION);
        } catch (ParseException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        List<Expression> parts = expression instanceof CompositeStringExpression several
                ? List.of(several.getExpressions())
                : List.of(expression);
        if (parts.stream().allMatch(LiteralExpression.class::isInstance)) {
            Limits.checkTopic(template);
        }
        Set<String> variables = variablesOf(method);
        for (Expression part : parts) {
            if (part instanceof SpelExpression spel) {
                check(spel.getAST(), variables, method);
            }
        }
        return new LockName(template, parts);
    }

    private static Set<String> variablesOf(Method method) {
        Set<String> variables = new HashSet<>(Set.of("root", "this"));
        for (int i = 0; i < method.getParameterCount(); i++) {
            variables.add("p" + i);
            variables.add("a" + i);
        }
        String[] names = PARAMETER_NAMES.getParameterNames(method);
        if (names != null) {
            variables.addAll(List.of(names));
        }
        return variables;
    }

    /** What is not there would be null, and with it every call would take the same lock. */
    private static void check(SpelNode node, Set<String> variables, Method method) {
        if (node instanceof VariableReference
                && !variables.contains(node.toStringAST().substring(1))) {
            throw new IllegalArgumentException(
                    "there is no " + node.toStringAST() + " among the parameters of " + method.getName());
        }
        for (int i = 0; i < node.getChildCount(); i++) {
            check(node.getChild(i), variables, method);
        }
    }

    /**
     * The name for a call.
     *
     * @throws IllegalArgumentException if one of the expressions gives {@code null}
     */
    String evaluate(EvaluationContext call) {
        StringBuilder name = new StringBuilder();
        for (Expression part : parts) {
            Object value = part.getValue(call);
            if (value == null) {
                throw new IllegalArgumentException("the name of a lock, '" + template + "', needs '"
                        + part.getExpressionString() + "', which is null; nothing was called");
            }
            name.append(value);
        }
        return name.toString();
    }
}
