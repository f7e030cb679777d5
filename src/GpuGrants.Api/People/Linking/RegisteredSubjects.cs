using GpuGrants.Api.Access;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.People.Linking;

/// <summary>
/// Whether subjects of an issuer are principals of their own, as each command of a batch sees it. Principals are made under the platform's
/// lock, so what was read holds until the commit.
/// </summary>
public sealed class RegisteredSubjects : ReadByKey<(string Issuer, string Subject), bool>
{
    private const string Text = """
        select v.issuer, v.subject, exists (
            select from principals p where p.external_issuer = v.issuer and p.external_subject = v.subject)
        from (select unnest($1) as issuer, unnest($2) as subject) v
        """;

    protected override string Sql => Text;

    /// <summary>Asks whether the subject is registered.</summary>
    public void Want(string issuer, string subject) => Find((issuer, subject));

    /// <summary>Whether the subject is a principal of its own, also when an earlier command of the batch made it.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public bool Have(BatchState batch, string issuer, string subject) =>
        Of((issuer, subject))[0]
        || batch.Rows<Principal>().Inserts.Any(one => one.ExternalIssuer == issuer && one.ExternalSubject == subject);

    protected override void AddKeys(NpgsqlParameterCollection parameters, HashSet<(string Issuer, string Subject)> keys)
    {
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(one => one.Issuer)] });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(one => one.Subject)] });
    }

    protected override ((string Issuer, string Subject) Key, bool Found) Read(NpgsqlDataReader row) =>
        ((row.GetString(0), row.GetString(1)), row.GetBoolean(2));
}
