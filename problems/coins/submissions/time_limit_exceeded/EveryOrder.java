import java.util.*;

public class EveryOrder {
    static int[] coin;

    static int pay(int rest) {
        if (rest == 0) return 0;
        int best = 1 << 20;
        for (int c : coin) {
            if (c <= rest) best = Math.min(best, pay(rest - c) + 1);
        }
        return best;
    }

    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int k = in.nextInt(), s = in.nextInt();
        coin = new int[k];
        for (int i = 0; i < k; i++) coin[i] = in.nextInt();
        int best = pay(s);
        System.out.println(best >= 1 << 20 ? "impossible" : String.valueOf(best));
    }
}
