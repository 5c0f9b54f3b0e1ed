// @EXPECTED_RESULTS@: COMPILER-ERROR
import java.util.*;

public class Misspelt {
    public static void main(String[] args) {
        Scanner in = new Scaner(System.in);
        System.out.println(in.nextInt());
    }
}
