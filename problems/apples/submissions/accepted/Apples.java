import java.io.*;

public class Apples {
    public static void main(String[] args) throws IOException {
        StreamTokenizer in = new StreamTokenizer(new BufferedReader(new InputStreamReader(System.in)));
        in.nextToken();
        int n = (int) in.nval;
        long sum = 0;
        long before = Long.MIN_VALUE;
        for (int i = 0; i < n; i++) {
            in.nextToken();
            long x = (long) in.nval;
            if (x != before) sum += x;
            before = x;
        }
        System.out.println(sum);
    }
}
