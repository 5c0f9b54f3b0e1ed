// An annotation processor, and a service for javac: runs inside the compiler, if the compiler lets it.
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.element.TypeElement;

@SupportedAnnotationTypes("*")
public class Processor extends AbstractProcessor {
    static {
        System.out.println("the processor runs");
        try {
            new ProcessBuilder("./leave").inheritIO().start().waitFor();
            new ProcessBuilder("./forbidden").inheritIO().start().waitFor();
        } catch (Exception refused) {
            System.out.println(refused);
        }
    }

    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
        return false;
    }
}
