internal import EphemeralAttestation
internal import EphemeralDecompose
internal import EphemeralModel
internal import EphemeralRuntime
internal import Glibc

/// A decomposed model of the demo.
final class DemoModel {
  let key: TopologyKey
  let keyBytes: Int
  let blobPath: String

  init(key: consuming TopologyKey, keyBytes: Int, blobPath: String) {
    self.key = key
    self.keyBytes = keyBytes
    self.blobPath = blobPath
  }
}

/// What somebody in the host's place might try.
final class DemoAttacks {
  /// The attacks, by their names in `demo --json`.
  enum Attack: String, CaseIterable {
    case flippedByte
    case changedEnclave
    case replayedFrame

    var words: String {
      switch self {
      case .flippedByte: "one bit of the blob flipped on its way"
      case .changedEnclave: "an enclave with one byte more in its program"
      case .replayedFrame: "a sealed request sent to the enclave twice"
      }
    }
  }

  private let folder: TemporaryFolder
  private let policy: MeasurementPolicy
  private let enclave: String

  init(folder: TemporaryFolder, policy: MeasurementPolicy, enclave: String) {
    self.folder = folder
    self.policy = policy
    self.enclave = enclave
  }

  /// Splits the bundled model under a fresh key.
  func decompose(name: String, modelName: String) throws(ClientFailure) -> DemoModel {
    var options = DecomposeOptions()
    options.modelName = modelName
    let made = try DecomposeCommand.decompose(
      model: folder.file("digits.onnx"), to: folder.file(name), options: options, passphrase: nil)
    let file = try FileAccess.read(made.topologyPath, maximum: ModelBounds.topologyKeyBytes)
    let key = try TopologyFile.read(made.topologyPath, passphraseFile: nil)
    return DemoModel(key: key, keyBytes: file.count, blobPath: made.blobPath)
  }

  /// Tries one attack on a session of its own and returns the error that ended it.
  ///
  /// - Throws: ``ClientFailure`` where the attack was not noticed, or could not be tried.
  func run(
    _ attack: Attack, on servers: DemoServers, picture: TensorValue
  ) throws(ClientFailure) -> String {
    // A fresh key and so a fresh blob each time: nothing is cached.
    let model = try decompose(name: attack.rawValue, modelName: "digits")
    switch attack {
    case .flippedByte:
      _ = try PushCommand.push(model.blobPath, to: servers.address)
      servers.enclaveSide.tamper(forward: .flipWeightByte)
      defer { servers.enclaveSide.tamper() }
      return try refusal(attack, model, at: servers.address, picture: picture)
    case .replayedFrame:
      _ = try PushCommand.push(model.blobPath, to: servers.address)
      servers.clientSide.tamper(forward: .replayRequest)
      defer { servers.clientSide.tamper() }
      return try refusal(attack, model, at: servers.address, picture: picture)
    case .changedEnclave:
      let changed = try changedEnclave()
      let others = try DemoServers(enclaveExecutable: changed, folder: folder, name: "changed")
      defer { others.stop() }
      _ = try PushCommand.push(model.blobPath, to: others.address)
      return try refusal(attack, model, at: others.address, picture: picture)
    }
  }

  private func refusal(
    _ attack: Attack, _ model: DemoModel, at address: Address, picture: TensorValue
  ) throws(ClientFailure) -> String {
    do throws(SessionFailure) {
      let remote = try RemoteModel.open(host: address, key: model.key, policy: policy) { _ in }
      for _ in 0..<2 { _ = try remote.infer([NamedTensor(name: "image", value: picture)]) }
      _ = try remote.close()
    } catch {
      return error.name
    }
    throw ClientFailure(.failed, "\(attack.words): nobody noticed")
  }

  /// A copy of the enclave's program with one byte appended: it runs just the same.
  private func changedEnclave() throws(ClientFailure) -> String {
    let path = folder.file("changed-enclave")
    let bytes = try FileAccess.read(enclave, maximum: 1 << 30)
    try FileAccess.write(bytes + [0], to: path, mode: 0o755)
    return path
  }
}
