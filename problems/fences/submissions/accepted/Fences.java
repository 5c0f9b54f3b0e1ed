import java.io.*;
import java.util.*;

/** The stretches by their first board in a tree; how many begin up to a board, by a Fenwick tree. */
public class Fences {
    static int n;
    static int[] begun;
    static final TreeMap<Integer, Integer> stretches = new TreeMap<>();

    static void count(int board, int change) {
        for (int i = board; i <= n + 1; i += i & -i) begun[i] += change;
    }

    static int begunUpTo(int board) {
        int sum = 0;
        for (int i = board; i > 0; i -= i & -i) sum += begun[i];
        return sum;
    }

    static void begin(int board, int colour) {
        if (stretches.put(board, colour) == null) count(board, 1);
    }

    static void merge(int board) {
        Map.Entry<Integer, Integer> before = stretches.lowerEntry(board);
        if (before != null && stretches.containsKey(board) && before.getValue().equals(stretches.get(board))) {
            stretches.remove(board);
            count(board, -1);
        }
    }

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        StringTokenizer line = new StringTokenizer(in.readLine());
        n = Integer.parseInt(line.nextToken());
        int q = Integer.parseInt(line.nextToken());
        begun = new int[n + 2];
        begin(1, 0);
        begin(n + 1, -1);
        StringBuilder out = new StringBuilder();
        while (q-- > 0) {
            line = new StringTokenizer(in.readLine());
            boolean asks = line.nextToken().equals("A");
            int left = Integer.parseInt(line.nextToken()), right = Integer.parseInt(line.nextToken());
            if (asks) {
                out.append(begunUpTo(right) - begunUpTo(left) + 1).append('\n');
                continue;
            }
            int colour = Integer.parseInt(line.nextToken());
            int after = stretches.floorEntry(right + 1).getValue();
            NavigableMap<Integer, Integer> covered = stretches.subMap(left, true, right, true);
            for (int board : covered.keySet()) count(board, -1);
            covered.clear();
            begin(left, colour);
            if (!stretches.containsKey(right + 1)) begin(right + 1, after);
            merge(right + 1);
            merge(left);
        }
        System.out.print(out);
    }
}
