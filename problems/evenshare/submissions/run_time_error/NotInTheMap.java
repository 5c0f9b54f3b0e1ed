import java.util.*;

public class NotInTheMap {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt();
        int[] bags = new int[n];
        for (int i = 0; i < n; i++) bags[i] = in.nextInt();
        Map<Integer, Integer> first = new HashMap<>();
        first.put(0, 0);
        int sum = 0;
        for (int i = 1; i <= n; i++) {
            sum = (sum + bags[i - 1]) % n; // overflows: a negative remainder has no place in the list below
            if (first.containsKey(sum)) {
                int from = first.get(sum);
                System.out.println(i - from);
                for (int j = from + 1; j <= i; j++) System.out.print(j + " ");
                System.out.println();
                return;
            }
            first.put(sum, i);
            if (i > 20) {
                int before = first.get(-sum); // null where nobody has been
                if (before > i) return;
            }
        }
    }
}
