import java.io.*;
import java.util.*;

public class WidestPath {
    static int next(StreamTokenizer in) throws IOException {
        in.nextToken();
        return (int) in.nval;
    }

    public static void main(String[] args) throws IOException {
        StreamTokenizer in = new StreamTokenizer(new BufferedReader(new InputStreamReader(System.in)));
        int n = next(in), m = next(in);
        int[] first = new int[n + 1], following = new int[2 * m], to = new int[2 * m], bears = new int[2 * m];
        Arrays.fill(first, -1);
        for (int i = 0; i < m; i++) {
            int a = next(in), b = next(in), w = next(in);
            to[2 * i] = b; bears[2 * i] = w; following[2 * i] = first[a]; first[a] = 2 * i;
            to[2 * i + 1] = a; bears[2 * i + 1] = w; following[2 * i + 1] = first[b]; first[b] = 2 * i + 1;
        }
        int[] best = new int[n + 1];
        best[1] = 1_000_001;
        PriorityQueue<long[]> queue = new PriorityQueue<>((p, q) -> Long.compare(q[0], p[0]));
        queue.add(new long[] {best[1], 1});
        while (!queue.isEmpty()) {
            long[] top = queue.poll();
            int at = (int) top[1];
            if (top[0] < best[at]) continue;
            for (int e = first[at]; e >= 0; e = following[e]) {
                int weight = Math.min(best[at], bears[e]);
                if (weight > best[to[e]]) {
                    best[to[e]] = weight;
                    queue.add(new long[] {weight, to[e]});
                }
            }
        }
        System.out.println(best[n]);
    }
}
