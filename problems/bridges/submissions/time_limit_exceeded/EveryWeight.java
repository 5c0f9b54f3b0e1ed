import java.util.*;

/** Tries every weight from 1 on, and looks at every road until nothing changes. */
public class EveryWeight {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), m = in.nextInt();
        int[] a = new int[m], b = new int[m], w = new int[m];
        for (int i = 0; i < m; i++) {
            a[i] = in.nextInt();
            b[i] = in.nextInt();
            w[i] = in.nextInt();
        }
        int best = 0;
        for (int weight = 1; ; weight++) {
            boolean[] reached = new boolean[n + 1];
            reached[1] = true;
            boolean changed = true;
            while (changed) {
                changed = false;
                for (int i = 0; i < m; i++) {
                    if (w[i] >= weight && reached[a[i]] != reached[b[i]]) {
                        reached[a[i]] = reached[b[i]] = true;
                        changed = true;
                    }
                }
            }
            if (!reached[n]) break;
            best = weight;
        }
        System.out.println(best);
    }
}
