public class Nothing {
    public static void main(String[] args) {
        // nothing at all can always be shared
        System.out.println(0);
        System.out.println();
    }
}
