import java.util.*;

/** Paints right, but always walks along the stretch where the asker begins as if it began there. */
public class WholeFence {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), q = in.nextInt();
        TreeMap<Integer, Integer> stretches = new TreeMap<>(Map.of(1, 0, n + 1, -1));
        StringBuilder out = new StringBuilder();
        while (q-- > 0) {
            boolean asks = in.next().equals("A");
            int left = in.nextInt(), right = in.nextInt();
            if (asks) {
                out.append(Math.max(1, stretches.subMap(left, true, right, true).size())).append('\n');
                continue;
            }
            int colour = in.nextInt();
            stretches.putIfAbsent(right + 1, stretches.floorEntry(right + 1).getValue());
            stretches.subMap(left, true, right, true).clear();
            stretches.put(left, colour);
        }
        System.out.print(out);
    }
}
