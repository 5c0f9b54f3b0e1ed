import java.util.*;

public class Narrow {
    static int[] up;

    static int find(int x) {
        return up[x] == x ? x : (up[x] = find(up[x]));
    }

    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), m = in.nextInt();
        up = new int[n]; // villages are numbered from 1
        for (int i = 0; i < n; i++) up[i] = i;
        List<int[]> roads = new ArrayList<>();
        for (int i = 0; i < m; i++) roads.add(new int[] {in.nextInt(), in.nextInt(), in.nextInt()});
        roads.sort((p, q) -> q[2] - p[2]);
        for (int[] road : roads) {
            up[find(road[0])] = find(road[1]);
            if (find(1) == find(n)) {
                System.out.println(road[2]);
                return;
            }
        }
        System.out.println(0);
    }
}
