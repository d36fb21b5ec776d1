package io.distsync.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * A line on which values have a place. It is logarithmic if the values differ by more than can be told apart otherwise, and
 * begins with zero if not. Its ends are round.
 */
final class Axis {

    private static final double FACTOR_OF_POWERS = 20;
    private static final int MANY_DECADES = 3;
    private static final int FEW_TICKS = 5;

    private final boolean logarithmic;
    private final List<Double> ticks;
    private final double from;
    private final double to;

    private Axis(boolean logarithmic, List<Double> ticks, double from, double to) {
        this.logarithmic = logarithmic;
        this.ticks = List.copyOf(ticks);
        this.from = from;
        this.to = to;
    }

    /**
     * An axis on which all values between these two have a place.
     *
     * @param least above zero
     * @param from where it begins, in the picture; not necessarily the smaller of the two
     * @param to where it ends
     */
    static Axis of(double least, double greatest, double from, double to) {
        if (least <= 0 || greatest < least) {
            throw new IllegalArgumentException("no axis from " + least + " to " + greatest);
        }
        return greatest / least > FACTOR_OF_POWERS
                ? logarithmic(least, greatest, from, to)
                : new Axis(false, multiples(greatest), from, to);
    }

    /** A logarithmic one, with these places marked and nothing beyond. */
    static Axis at(List<Double> ticks, double from, double to) {
        return new Axis(true, ticks, from, to);
    }

    private static Axis logarithmic(double least, double greatest, double from, double to) {
        double[] marks = Math.log10(greatest / least) > MANY_DECADES ? new double[] {1} : new double[] {1, 2, 5};
        List<Double> round = new ArrayList<>();
        for (double power = Math.pow(10, Math.floor(Math.log10(least))); power < 10 * greatest; power *= 10) {
            for (double mark : marks) {
                round.add(mark * power);
            }
        }
        round.add(last(round) * 10);
        int first = (int) round.stream().filter(each -> each <= least).count() - 1;
        int last = (int) round.stream().filter(each -> each < greatest).count();
        return new Axis(true, round.subList(Math.max(first, 0), last + 1), from, to);
    }

    private static double last(List<Double> ticks) {
        return ticks.isEmpty() ? 0 : ticks.get(ticks.size() - 1);
    }

    private static List<Double> multiples(double greatest) {
        double power = Math.pow(10, Math.floor(Math.log10(greatest / FEW_TICKS)));
        double step = power;
        for (double each : new double[] {1, 2, 5, 10}) {
            step = each * power;
            if (greatest / step <= FEW_TICKS) {
                break;
            }
        }
        List<Double> ticks = new ArrayList<>(List.of(0.0));
        while (last(ticks) < greatest) {
            ticks.add(ticks.size() * step);
        }
        return ticks;
    }

    boolean isLogarithmic() {
        return logarithmic;
    }

    /** The values that are marked; the first and the last are the ends. */
    List<Double> ticks() {
        return ticks;
    }

    /** Where a value is in the picture. */
    double place(double value) {
        double low = scaled(ticks.get(0));
        double high = scaled(last(ticks));
        double part = high == low ? 0.5 : (scaled(value) - low) / (high - low);
        return from + part * (to - from);
    }

    private double scaled(double value) {
        return logarithmic ? Math.log10(value) : value;
    }
}
