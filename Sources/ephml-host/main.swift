import EphemeralRuntime

#if Mock && Production
  #error("choose one of the traits Mock and Production")
#elseif !Mock && !Production
  #error("choose one of the traits Mock and Production")
#endif

HostProgram.main()
