import EphemeralClient
import EphemeralRuntime
import Glibc

exit(ClientMain.run(CommandLine.arguments).rawValue)
