package import ContainerSupport
package import Model

/// Two engines in memory and the toolkit that uses them.
package struct FakeEngines: Sendable {
  package let local: FakeEngine
  package let second: FakeEngine
  package let support: ContainerToolkit

  package static let secondAddress = EngineAddress.unix(path: "/run/second.sock")

  /// - Parameters:
  ///   - secrets: values by reference. Other references cannot be resolved.
  ///   - work: what the containers of modules work on; nil: no scheduler is declared.
  package init(
    machine: EngineInfo = .standard, secrets: [SecretReference: String] = [:],
    work: (any WorkDirectory)? = nil
  ) {
    let local = FakeEngine(number: 1, machine: machine)
    let second = FakeEngine(number: 2, machine: machine)
    self.local = local
    self.second = second
    let pool = EnginePool(local: .unix(path: "/run/local.sock")) { address throws(BackendError) in
      switch address {
      case .unix("/run/local.sock"): return local
      case FakeEngines.secondAddress: return second
      default: throw BackendError(code: "docker.unreachable", "Docker at \(address) is not reachable")
      }
    }
    support = ContainerToolkit(
      engines: pool,
      probe: { address, _ in
        address.address.hasPrefix("10.1.")
          ? local.problem(at: address.address) : second.problem(at: address.address)
      },
      secrets: { reference throws(BackendError) in
        guard let value = secrets[reference] else {
          throw BackendError(code: "secret.missing", "\(reference) is not set", retry: .afterChange)
        }
        return Secret(value)
      }, work: work, clock: ImmediateClock())
  }
}

extension Marks {
  /// Those of `ReconcileContext.test`.
  package static let test = Marks(controller: "test", environment: "dev")
}

extension ReconcileContext {
  package static func test(
    owner: String = "test", environment: String = "dev", allowsMockGPUs: Bool = true,
    now: Timestamp = Timestamp(seconds: 1_800_000_000), compute: [String: ComputeOffer] = [:],
    holdings: [Holding] = [], moves: [Move] = []
  ) -> ReconcileContext {
    var offers = Offers()
    for (name, offer) in compute { offers.add(.compute(offer), from: ResourceID(kind: "Node", name: name)) }
    return ReconcileContext(
      environment: environment, owner: owner, now: now, allowsMockGPUs: allowsMockGPUs, offers: offers,
      holdings: Holdings(holdings), moves: Moves(moves))
  }
}

extension ComputeOffer {
  package static func test(
    engine: EngineAddress = .local, labels: [String: String] = [:], cores: Int = 4, memory: String = "8Gi",
    gpu: String? = nil, mock: Bool = true, isSchedulable: Bool = true
  ) -> ComputeOffer {
    ComputeOffer(
      engine: engine, labels: labels, cores: cores, memory: ByteCount(memory) ?? ByteCount(bytes: 0),
      gpuMemory: gpu.flatMap { ByteCount($0) }, gpuCount: gpu == nil ? 0 : 1, hasMockGPU: gpu != nil && mock,
      isSchedulable: isSchedulable)
  }
}
