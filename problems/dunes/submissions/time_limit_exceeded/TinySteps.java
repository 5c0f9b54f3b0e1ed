import java.util.*;

public class TinySteps {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        for (int t = in.nextInt(); t > 0; t--) {
            double a = in.nextInt(), b = in.nextInt(), c = in.nextInt(), u = in.nextInt(), v = in.nextInt();
            double best = Double.MAX_VALUE;
            double step = c < 600 ? 1e-3 : 1e-7;
            for (double x = 0; x <= c; x += step) {
                best = Math.min(best, Math.sqrt(a * a + x * x) / u + Math.sqrt(b * b + (c - x) * (c - x)) / v);
            }
            System.out.println(best);
        }
    }
}
