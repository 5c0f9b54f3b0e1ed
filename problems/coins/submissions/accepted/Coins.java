import java.util.*;

public class Coins {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int k = in.nextInt(), s = in.nextInt();
        int[] best = new int[s + 1];
        Arrays.fill(best, Integer.MAX_VALUE);
        best[0] = 0;
        for (int i = 0; i < k; i++) {
            int coin = in.nextInt();
            for (int x = coin; x <= s; x++) {
                if (best[x - coin] != Integer.MAX_VALUE) best[x] = Math.min(best[x], best[x - coin] + 1);
            }
        }
        System.out.println(best[s] == Integer.MAX_VALUE ? "impossible" : best[s]);
    }
}
