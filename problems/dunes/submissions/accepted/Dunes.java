import java.util.*;

public class Dunes {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        for (int t = in.nextInt(); t > 0; t--) {
            double a = in.nextInt(), b = in.nextInt(), c = in.nextInt(), u = in.nextInt(), v = in.nextInt();
            double low = 0, high = c;
            for (int i = 0; i < 80; i++) {
                double x = (low + high) / 2;
                if (x / Math.sqrt(a * a + x * x) * v < (c - x) / Math.sqrt(b * b + (c - x) * (c - x)) * u) low = x;
                else high = x;
            }
            out.append(Math.hypot(a, low) / u + Math.hypot(b, c - low) / v).append('\n');
        }
        System.out.print(out);
    }
}
