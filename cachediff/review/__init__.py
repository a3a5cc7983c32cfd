"""From a comparison to a report: what is found is judged by a policy, explained and summed up."""
