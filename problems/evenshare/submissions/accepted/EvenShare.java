import java.util.*;
import java.util.stream.*;

public class EvenShare {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt();
        Map<Long, Integer> first = new HashMap<>(Map.of(0L, 0));
        long sum = 0;
        for (int i = 1; i <= n; i++) {
            sum += in.nextLong();
            Integer before = first.putIfAbsent(sum % n, i);
            if (before != null) {
                System.out.println(i - before);
                System.out.println(IntStream.rangeClosed(before + 1, i).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
                return;
            }
        }
    }
}
