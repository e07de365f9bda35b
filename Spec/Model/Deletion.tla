------------------------------- MODULE Deletion -------------------------------
(* World Role once for each row that is deleted, and once with all: `without` is the
   deleted row's place, 0 for none. Each deletion must change what is counted.     *)
EXTENDS Role

VARIABLE without
all == <<state, last, held, without>>

InitOfAll == Init /\ without \in 0..Len(RowsOf)
NextOfAll == Next /\ last' # without /\ UNCHANGED without
SpecOfAll == InitOfAll /\ [][NextOfAll]_all

ProjectAll == PrintT(<<"@", <<without, last>>>>)

===============================================================================
