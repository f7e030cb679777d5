using GpuGrants.Api.Access;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.People.Linking;

/// <summary>
/// Whether subjects of an issuer are principals of their own, as each command of a batch sees it. Principals are made under the platform's
/// lock, so what was read holds until the commit.
/// </summary>
public sealed class RegisteredSubjects : IBatchReads
{
    private const string Sql = """
        select v.issuer, v.subject, exists (
            select from principals p where p.external_issuer = v.issuer and p.external_subject = v.subject)
        from (select unnest($1) as issuer, unnest($2) as subject) v
        """;

    private readonly Dictionary<(string Issuer, string Subject), bool> _known = [];
    private readonly HashSet<(string Issuer, string Subject)> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks whether the subject is registered.</summary>
    public void Want(string issuer, string subject)
    {
        if (!_known.ContainsKey((issuer, subject)))
            _wants.Add((issuer, subject));
    }

    /// <summary>Whether the subject is a principal of its own, also when an earlier command of the batch made it.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public bool Have(BatchState batch, string issuer, string subject) =>
        _known[(issuer, subject)]
        || batch.Rows<Principal>().Inserts.Any(one => one.ExternalIssuer == issuer && one.ExternalSubject == subject);

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. _wants.Select(one => one.Issuer)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. _wants.Select(one => one.Subject)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _known[(reader.GetString(0), reader.GetString(1))] = reader.GetBoolean(2);
        _wants.Clear();
    }
}
