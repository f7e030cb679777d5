namespace GpuGrants.Quotas.Documents;

/// <summary>
/// The problems of one document, as far as an answer lists them. A small document can have thousands, and nobody mends more than some at
/// once.
/// </summary>
internal sealed class FoundProblems
{
    /// <summary>The most problems that are listed.</summary>
    public const int Most = 100;

    private readonly List<PolicyProblem> _all = [];

    /// <summary>In the order in which they were found. After the last one that is listed, one more says that there are others.</summary>
    public IReadOnlyList<PolicyProblem> All => _all;

    public void Add(PolicyProblem problem)
    {
        if (_all.Count < Most)
            _all.Add(problem);
        else if (_all.Count == Most)
            _all.Add(new PolicyProblem(null, "$", "more-problems", "The document has more problems than these. Mend these first."));
    }
}
