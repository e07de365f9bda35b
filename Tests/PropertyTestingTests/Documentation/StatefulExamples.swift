import PropertyTesting

// The code of the page StatefulTests.md, with what it tests.

struct Bank {
  struct Overdrawn: Error {}

  private var balances: [Int] = []

  var total: Int { balances.reduce(0, +) }

  mutating func open() -> Int {
    balances.append(0)
    return balances.count - 1
  }

  mutating func change(_ account: Int, by amount: Int) throws -> Int {
    guard balances[account] + amount >= 0 else { throw Overdrawn() }
    balances[account] += amount
    return balances[account]
  }
}

struct TicketOffice {
  private var last = 0

  mutating func take() -> Int {
    last += 1
    return last
  }
}

struct AccountsModel: StatefulModel {
  enum Command: Sendable {
    case open
    case deposit(Reference, Int)
    case withdraw(Reference, Int)
  }

  struct State: Sendable {
    var accounts: [Reference] = []
    var balances: [Reference: Int] = [:]
  }

  var initialState: State { State() }
  func makeSystem() -> Bank { Bank() }

  func commands(in state: State) -> Generator<Command> {
    guard !state.accounts.isEmpty else { return .constant(.open) }
    let account = Generator.reference(among: state.accounts)
    let amount = Generator<Int>.integer(in: 1...100)
    return .oneOf([
      .constant(.open),
      Generator.tuple(account, amount).map { .deposit($0, $1) },
      Generator.tuple(account, amount).map { .withdraw($0, $1) },
    ])
  }

  func precondition(of command: Command, in state: State) -> Precondition {
    switch command {
    case .open, .deposit: .holds
    // What the account does not hold must be refused.
    case .withdraw(let account, let amount):
      amount <= state.balances[account, default: 0] ? .holds : .mustRefuse
    }
  }

  func run(
    _ command: Command, on bank: inout Bank, responses: Responses<Int>
  ) throws -> Int {
    switch command {
    case .open: return bank.open()
    case .deposit(let account, let amount):
      let number = try responses.value(of: account)
      return try bank.change(number, by: amount)
    case .withdraw(let account, let amount):
      let number = try responses.value(of: account)
      return try bank.change(number, by: -amount)
    }
  }

  func state(after command: Command, in state: State, answer: Reference) -> State {
    var state = state
    switch command {
    case .open: state.accounts.append(answer)
    case .deposit(let account, let amount): state.balances[account, default: 0] += amount
    case .withdraw(let account, let amount): state.balances[account, default: 0] -= amount
    }
    return state
  }

  func checkInvariants(_ state: State, _ bank: inout Bank) throws {
    let total = state.accounts.reduce(0) { $0 + state.balances[$1, default: 0] }
    guard bank.total == total else { throw Violation(message: "money came or went") }
  }
}

func checkBank() throws {
  try checkStateful(
    name: "a bank keeps its accounts", model: AccountsModel(),
    covering: [RequiredLabel("withdraw"), RequiredLabel("refused withdraw")])
}

struct TicketModel: ConcurrentModel {
  enum Command: Sendable { case take }

  var initialState: Int { 0 }
  func makeSystem() -> TicketOffice { TicketOffice() }
  var commands: Generator<Command> { .constant(.take) }
  func begin(_ command: Command) {}

  func step(
    _ command: Command, _ local: inout Void, on office: inout TicketOffice, worker: Int
  ) -> StepEnd<Int> {
    .done(office.take())
  }

  func apply(_ command: Command, to next: inout Int) -> Int {
    next += 1
    return next
  }
}

func checkTickets() throws {
  try checkConcurrent(name: "no ticket is given twice", model: TicketModel(), workers: 3)
}
