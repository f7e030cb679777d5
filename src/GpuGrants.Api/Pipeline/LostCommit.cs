namespace GpuGrants.Api.Pipeline;

/// <summary>A commit whose answer was lost with its connection: what to look for, and what its callers get if it is there.</summary>
internal sealed class LostCommit
{
    public Marker? Marker { get; private set; }

    public Answer[]? Answers { get; private set; }

    public void Remember(Marker? marker, Answer[] answers)
    {
        Marker = marker;
        Answers = answers;
    }

    public void Clear()
    {
        Marker = null;
        Answers = null;
    }
}
