// Fills the heap.
import java.util.ArrayList;
import java.util.List;

public class Hoard {
    public static void main(String[] args) {
        List<byte[]> kept = new ArrayList<>();
        for (;;) {
            kept.add(new byte[1 << 20]);
        }
    }
}
