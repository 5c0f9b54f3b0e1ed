// @EXPECTED_RESULTS@: COMPILER-ERROR
public class NotThatClass {
    public static void main(String[] args) {
        int boards = "a thousand";
        System.out.println(boards);
    }
}
