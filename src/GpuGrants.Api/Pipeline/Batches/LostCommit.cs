using GpuGrants.Api.Pipeline.Submissions;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// Commits of one batch whose replies were lost with their connections: what to look for, and what the callers get if it is there.
/// </summary>
internal sealed class LostCommit
{
    private readonly List<(CommitProof Proof, Reply[] Replies)> _commits = [];

    public void Remember(CommitProof? proof, Reply[] replies)
    {
        if (proof is not null)
            _commits.Add((proof, replies));
    }

    /// <summary>
    /// The replies of the commit that was carried out after all; null when none was. Ask under the locks, before anything is decided again.
    /// </summary>
    public async Task<Reply[]?> FindAsync(NpgsqlConnection connection)
    {
        // Checks all of them. Nobody can lock a tree that does not exist yet, so a lost transaction that creates it may still be running at
        // the first check.
        foreach (var (proof, replies) in _commits)
            if (await proof.ExistsAsync(connection))
                return replies;
        return null;
    }
}
