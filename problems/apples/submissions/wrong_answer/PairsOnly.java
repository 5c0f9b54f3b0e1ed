import java.util.*;

public class PairsOnly {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt();
        long sum = 0;
        Long before = null;
        for (int i = 0; i < n; i++) {
            long x = in.nextLong();
            if (before != null && before == x) {
                before = null; // a third equal one counts again
            } else {
                sum += x;
                before = x;
            }
        }
        System.out.println(sum);
    }
}
