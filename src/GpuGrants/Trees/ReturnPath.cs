namespace GpuGrants.Trees;

/// <summary>Where credits belong that come back to a programme.</summary>
public static class ReturnPath
{
    /// <summary>The nearest programme of the path that has not ended.</summary>
    /// <param name="path">The programme, its parent, and so on up to the root.</param>
    /// <param name="hasEnded">Whether a programme takes no credits any more.</param>
    /// <returns>Null when all have ended: the credits are breakage.</returns>
    public static Guid? Nearest(IReadOnlyList<Guid> path, Func<Guid, bool> hasEnded)
    {
        foreach (var programme in path)
        {
            if (!hasEnded(programme))
                return programme;
        }

        return null;
    }
}
