using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// Commits of one batch whose answers were lost with their connections: what to look for, and what the callers get if it is there.
/// </summary>
internal sealed class LostCommit
{
    private readonly List<(CommitProof CommitProof, Answer[] Answers)> _commits = [];

    public void Remember(CommitProof? marker, Answer[] answers)
    {
        if (marker is not null)
            _commits.Add((marker, answers));
    }

    /// <summary>
    /// The answers of the commit that was carried out after all; null when none was. Ask under the locks, before anything is decided again.
    /// </summary>
    public async Task<Answer[]?> FindAsync(NpgsqlConnection connection)
    {
        // All of them: a tree that does not exist yet cannot be locked, so a lost transaction that makes it may still be at work when its
        // first successor looks.
        foreach (var (marker, answers) in _commits)
            if (await marker.ExistsAsync(connection))
                return answers;
        return null;
    }
}
