import java.util.*;

public class BoardByBoard {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), q = in.nextInt();
        List<Integer> colours = new LinkedList<>(Collections.nCopies(n + 1, 0));
        while (q-- > 0) {
            boolean asks = in.next().equals("A");
            int left = in.nextInt(), right = in.nextInt();
            ListIterator<Integer> at = colours.listIterator(left);
            if (asks) {
                int stretches = 1, before = at.next();
                for (int i = left + 1; i <= right; i++) {
                    int colour = at.next();
                    if (colour != before) stretches++;
                    before = colour;
                }
                System.out.println(stretches);
            } else {
                int colour = in.nextInt();
                for (int i = left; i <= right; i++) {
                    at.next();
                    at.set(colour);
                }
            }
        }
    }
}
