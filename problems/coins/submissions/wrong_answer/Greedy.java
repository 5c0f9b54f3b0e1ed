import java.util.*;

public class Greedy {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int k = in.nextInt(), s = in.nextInt();
        int[] coin = new int[k];
        for (int i = 0; i < k; i++) coin[i] = in.nextInt();
        Arrays.sort(coin);
        int count = 0;
        for (int i = k - 1; i >= 0; i--) {
            count += s / coin[i];
            s %= coin[i];
        }
        System.out.println(s == 0 ? String.valueOf(count) : "impossible");
    }
}
