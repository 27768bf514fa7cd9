"""What results of many runs say about a choice: differences, sensitivity, regret, conditions of a failure.

Arrays in, tables out; these know nothing of scenarios:

* `paired` - is one scenario better than another, member by member, and are there enough members;
* `sensitivity` - which uncertain numbers matter (tornado, Morris, Sobol), for any function of factors;
* `regret` - which policy is safe over all futures;
* `discovery` - under which conditions an outcome goes wrong (`boxes`).

`study` asks a scenario, `functions` any Python function; `ensembles` reads what a batch has gathered;
`choice` puts tables together; `known` is a function whose sensitivity is known.
"""
