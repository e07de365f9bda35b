// Element types have one definition, the wire's; whoever imports this module has them too.
@_exported public import enum EphemeralWire.ElementType
