/// Runs fuzz targets; without one of the fuzzing traits it only says how to build it.
@main
struct FuzzMain {
  static func main() {
    #if Fuzzing && LibFuzzer
      #error("the traits Fuzzing and LibFuzzer exclude each other")
    #elseif Fuzzing
      FuzzCommand(Array(CommandLine.arguments.dropFirst())).run()
    #elseif LibFuzzer
      LibFuzzerMain.run()
    #else
      print(
        """
        ephml-fuzz was built without its targets. Fuzz/run builds it with them:
          Fuzz/run --list
          Fuzz/run TARGET --minutes 1
        """)
    #endif
  }
}
