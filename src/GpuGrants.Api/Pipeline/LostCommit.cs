using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// Commits of one batch whose replies were lost with their connections: what to look for, and what the callers get if it is there.
/// </summary>
internal sealed class LostCommit
{
    private readonly List<(CommitProof CommitProof, Reply[] Replies)> _commits = [];

    public void Remember(CommitProof? marker, Reply[] replies)
    {
        if (marker is not null)
            _commits.Add((marker, replies));
    }

    /// <summary>
    /// The replies of the commit that was carried out after all; null when none was. Ask under the locks, before anything is decided again.
    /// </summary>
    public async Task<Reply[]?> FindAsync(NpgsqlConnection connection)
    {
        // All of them: a tree that does not exist yet cannot be locked, so a lost transaction that makes it may still be at work when its
        // first successor looks.
        foreach (var (marker, replies) in _commits)
            if (await marker.ExistsAsync(connection))
                return replies;
        return null;
    }
}
