import java.util.*;

public class Impatient {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        for (int t = in.nextInt(); t > 0; t--) {
            double a = in.nextInt(), b = in.nextInt(), c = in.nextInt(), u = in.nextInt(), v = in.nextInt();
            if (c == 0) throw new IllegalStateException("why walk at all?");
            double low = 0, high = c;
            for (int i = 0; i < 80; i++) {
                double x = (low + high) / 2;
                if (x * Math.hypot(b, c - x) * v < (c - x) * Math.hypot(a, x) * u) low = x;
                else high = x;
            }
            System.out.println(Math.hypot(a, low) / u + Math.hypot(b, c - low) / v);
        }
    }
}
