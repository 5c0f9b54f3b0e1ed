// Starts threads that spin, and programs, for as long as it can.
public class Swarm {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 500; i++) {
            try {
                Thread thread = new Thread(() -> { for (;;) { } });
                thread.setDaemon(true);
                thread.start();
                new ProcessBuilder("/bin/sleep", "1000").start();
            } catch (Throwable refused) {
                continue;
            }
        }
        Thread.sleep(1_000_000);
    }
}
