"""What results of many runs say about a choice: differences, sensitivity, regret, conditions of a failure.

Everything but `ensembles` and `evaluation` is arrays in, tables out, and knows nothing of scenarios:

* `paired` - is one scenario better than another, member by member, and are there enough members;
* `sensitivity` - which uncertain numbers matter (tornado, Morris, Sobol), for any function of factors;
* `regret` - which policy is safe over all futures;
* `discovery` - under which conditions an outcome goes wrong.
"""
