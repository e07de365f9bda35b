internal import EphemeralImage
internal import EphemeralRuntime

/// The commands of enclave images.
extension ClientProgram {
  static let imageCommands = [imageBuild, imageMeasure, imageInspect]

  private static let imageFile = PositionalSpecification("IMAGE.eif", "The enclave image.")

  private static let imageBuild = CommandSpecification(
    "image build", summary: "Make an enclave image of a kernel, modules and the enclave.",
    discussion: """
      Writes an image (EIF version 4) whose whole user space is one static executable, and prints \
      what it measures to. The same parts give the same bytes, in whichever folder and on whichever \
      day they lie and were compiled; only a signature differs from run to run.
      """,
    options: [
      .option(
        "--kernel", "FILE", "The kernel, as boot loaders take it: bzImage, or Image on arm64.",
        required: true),
      .option(
        "--module", "FILE", "A kernel module, NAME.ko; given in the order of loading.",
        repeats: true),
      .option(
        "--enclave", "FILE", "The executable ephml-enclave, built with the trait Production.",
        required: true),
      .option("--out", "IMAGE.eif", "Where to write the image.", required: true),
      .option(
        "--argument", "WORD",
        "An argument of ephml-enclave, instead of the standard ones ("
          + ImageRecipe.standardArguments.joined(separator: " ") + "); one for each word.",
        repeats: true),
      .option(
        "--command-line", "TEXT",
        "The kernel's command line; '\(ImageRecipe.standardCommandLine)' if absent."),
      .option("--memory", "BYTES", "Memory where the run does not say; 1 GiB if absent."),
      .option("--cpus", "N", "Processors where the run does not say; 2 if absent."),
      .option("--arch", "NAME", "x86_64 or arm64; the executable's own if absent."),
      .option("--sign-key", "FILE", "A P-384 private key (PEM) that signs PCR0."),
      .option("--sign-certificate", "FILE", "Its certificate (PEM or DER): PCR8 measures it."),
      json,
    ],
    examples: [
      CommandExample(
        "ephml-client image build --kernel vmlinuz --module vsock.ko --module nsm.ko \\\n"
          + "      --enclave ephml-enclave --out enclave.eif",
        "Writes enclave.eif, which loads vsock.ko, then nsm.ko, and serves on vsock port 7100."),
      CommandExample(
        "ephml-client image build --kernel vmlinuz --enclave ephml-enclave --out enclave.eif \\\n"
          + "      --argument serve --argument --listen --argument vsock://any:5000",
        "The enclave listens on another port."),
    ])

  private static let imageMeasure = CommandSpecification(
    "image measure", summary: "Print the policy that pins an enclave image.",
    discussion: """
      Computes PCR0, PCR1 and PCR2, and PCR8 of a signed image, and prints them as a policy file. \
      An image that is damaged, or whose signature or command line is not what it should be, gives \
      no policy. Without --root the policy trusts AWS's root alone; with it, the roots that are \
      named and no other.
      """,
    positionals: [imageFile],
    options: [
      .option(
        "--root", "FILE", "A root certificate (PEM or DER) that the policy trusts.", repeats: true)
    ],
    examples: [
      CommandExample(
        "ephml-client image measure enclave.eif > policy.json", "Writes a policy for clients.")
    ])

  private static let imageInspect = CommandSpecification(
    "image inspect", summary: "Show what an enclave image holds, and whether it is sound.",
    discussion: """
      Shows header, sections, command line, the ramdisks' files with their digests, signature, \
      metadata, checksum and registers. Ends with 1 where the image is not sound, after showing \
      what there is. Nothing of the file is believed, and nothing in it is executed.
      """,
    positionals: [imageFile],
    options: [json],
    examples: [
      CommandExample("ephml-client image inspect enclave.eif", "Shows what is in that image.")
    ])
}
